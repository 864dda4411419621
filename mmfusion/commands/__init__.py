"""The commands of `mmfusion`, a module each; heavy imports stand in the functions, behind the checks."""
