"""KWDB through SQL. Never the files of a node."""
