"""Sections of the page that say something of all of its runs, one a file; each is there by being in this folder."""
