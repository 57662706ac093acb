"""Measures the spam filter on labelled files, beside other filters; `./run bench spam --data FOLDER`."""
