"""From results to pages: charts, tables, maps and words."""
