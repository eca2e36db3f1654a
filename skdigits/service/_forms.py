"""The files in a form, ``multipart/form-data``."""

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from skdigits.service._errors import RequestError

NO_FILES = "the form has no file; with curl, write -F picture=@photo.jpg"


def files_of_form(content_type, body, most):
    """Return the contents of all files in a form. Their names and all other fields are ignored.

    So are parts without a name and a content, as browsers send where no file was chosen.

    Parameters
    ----------
    content_type : str
        Of the request; it has the boundary of the parts.
    body : bytes
    most : int
        Number of files.

    Raises
    ------
    RequestError
        If the form is faulty, or has no file, or too many.
    """
    boundary = parse_options_header(content_type)[1].get(b"boundary")
    if not boundary:
        raise RequestError(400, "the Content-Type of the form has no boundary")
    form = _Form(most)
    try:
        parser = MultipartParser(boundary, form.callbacks())
        parser.write(body)
        parser.finalize()
    except FormParserError:
        raise RequestError(400, "the body is not a form of the type multipart/form-data") from None
    if not form.is_complete:
        raise RequestError(400, "the form is cut short")
    if not form.files:
        raise RequestError(400, NO_FILES)
    return form.files


class _Form:
    """Collects the files, as the parser finds them."""

    def __init__(self, most):
        self.files, self.is_complete = [], False
        self._most = most
        self._name = self._value = b""
        self._file_name, self._content = None, []  # of the part that is read, if it is a file

    def callbacks(self):
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._add_to_name,
            "on_header_value": self._add_to_value,
            "on_header_end": self._end_header,
            "on_part_data": self._add_content,
            "on_part_end": self._end,
            "on_end": self._complete,
        }

    def _begin(self):
        self._file_name, self._content = None, []

    def _add_to_name(self, data, start, end):
        self._name += data[start:end]

    def _add_to_value(self, data, start, end):
        self._value += data[start:end]

    def _end_header(self):
        if self._name.lower() == b"content-disposition":
            # The parser ignores filename*=UTF-8''..., as some clients write a name.
            options = parse_options_header(self._value.replace(b"*=", b"="))[1]
            self._file_name = options.get(b"filename")
        self._name = self._value = b""

    def _add_content(self, data, start, end):
        if self._file_name is not None:
            self._content.append(data[start:end])

    def _end(self):
        content = b"".join(self._content)
        if not (self._file_name or content):
            return
        if len(self.files) == self._most:
            raise RequestError(413, f"a request may have at most {self._most} images")
        self.files.append(content)

    def _complete(self):
        self.is_complete = True
