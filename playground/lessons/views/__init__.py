"""What each view of the page adds to lessons: fields of a state, and measures. `table.py` lists the views."""
