"""The HTTP service of ``skdigits serve``: a model that answers for pictures over a network."""
