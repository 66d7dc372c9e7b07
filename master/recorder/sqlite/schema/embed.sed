# A file of SQL as a string literal of C.
s/["\\]/\\&/g
s/.*/"&\\n"/
