"""How much a request may have, and how much the service holds at once."""

from dataclasses import dataclass

MEBIBYTE = 2**20


@dataclass(frozen=True)
class Limits:
    """Limits of the service.

    Attributes
    ----------
    n_bytes : int
        Of the body of a request.
    n_pixels : int
        Of all pictures of a request, before any is decoded.
    n_images : int
        Of a request.
    n_requests : int
        That are under way at once; more are told to come back.
    bytes_under_way : int
        Of the bodies of these requests.
    bytes_waiting : int
        Of the images that wait for the model.
    images_together : int
        That the model predicts in one call.
    seconds_for_headers, seconds_for_body : float
        For a client to send them.
    seconds_for_answer : float
        From the body to the answer.
    seconds_to_finish : float
        For the requests that are under way when the service is to end.
    """

    n_bytes: int = 16 * MEBIBYTE
    n_pixels: int = 25_000_000
    n_images: int = 256
    n_requests: int = 256
    bytes_under_way: int = 256 * MEBIBYTE
    bytes_waiting: int = 128 * MEBIBYTE
    images_together: int = 64
    seconds_for_headers: float = 10
    seconds_for_body: float = 30
    seconds_for_answer: float = 30
    seconds_to_finish: int = 30
