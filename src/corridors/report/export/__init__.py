"""From an executed notebook to a page, a PDF and the front page of a build."""
