"""The class: who is here and leads, what everybody sees, is asked, draws and writes together. It knows no HTTP."""
