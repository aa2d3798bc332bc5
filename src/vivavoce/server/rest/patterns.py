"""Texts of a certain form, which people are told in words and not as a regular expression."""

from typing import Any

from pydantic import ValidationError, ValidatorFunctionWrapHandler, WrapValidator
from pydantic_core import PydanticCustomError


def form(wanted: str) -> WrapValidator:
    """Behind a pattern: what is said, in the place of the pattern, where a text is not so."""

    def check(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
        try:
            return handler(value)
        except ValidationError as error:
            if error.errors()[0]["type"] != "string_pattern_mismatch":
                raise
            raise PydanticCustomError("form", "{wanted}", {"wanted": wanted}) from None

    return WrapValidator(check)
