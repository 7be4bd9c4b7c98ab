"""The registration desk: find, book, register, merge."""
