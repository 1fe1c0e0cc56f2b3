"""Settings as other programs write them: reads what was pasted, and writes these settings in each program's form."""
