"""A user's own table: CSV, TSV, JSON, JSONL or Parquet to rows with ids and splits."""
