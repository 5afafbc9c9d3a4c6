"""What a process runs on: where files lie, which machine and installation this is, what is kept between runs."""
