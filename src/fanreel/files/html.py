"""Python's HTML parser, which reads on where browsers do."""

import html.parser


class PageParser(html.parser.HTMLParser):
    """Takes what is no declaration, such as `<![octype`, for a comment, as the standard says."""

    def parse_html_declaration(self, i: int) -> int:
        """Return where what begins at *i* ends; -1 if its end has not come."""
        try:
            return super().parse_html_declaration(i)
        except AssertionError:  # raised by the parser of Python 3.11 and 3.12
            return self.parse_bogus_comment(i)
