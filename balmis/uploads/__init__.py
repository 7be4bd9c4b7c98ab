"""Files that people send: read in a process of their own, which has little time and little memory."""
