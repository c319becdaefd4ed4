"""Django REST framework as this house uses it: failures, pages, description."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions, serializers
from rest_framework.pagination import CursorPagination

from apps.core.errors import AppError
from apps.core.web.errors import FORBIDDEN, NOT_FOUND
from apps.core.web.problems import AT_THE_GATE, problem, problem_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from django.http import HttpResponse
    from rest_framework.request import Request

PROBLEM_JSON = "application/problem+json"
_FIRST_FAILURE = 400
_CODES = {
    400: "bad_request",
    401: "not_authenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    415: "unsupported_media_type",
    429: "rate_limited",
}


class CursorPages(CursorPagination):
    """Pages that stay where they are while rows are added; newest first."""

    ordering = "-id"
    page_size_query_param = "limit"
    max_page_size = 200


class StrictSerializer(serializers.Serializer[Any]):
    """Takes the fields that it names and refuses every other one.

    What a caller hoped to set and could not is said, not passed over.
    """

    def to_internal_value(self, data: Any) -> Any:
        """Read the fields, unless there are others beside them."""
        if isinstance(data, dict):
            known = {name for name, one in self.fields.items() if not one.read_only}
            # A form brings its token along.
            unknown = sorted(set(map(str, data)) - known - {"csrfmiddlewaretoken"})
            if unknown:
                raise exceptions.ValidationError(
                    {name[:80]: ["There is no such field."] for name in unknown[:20]}
                )
        return super().to_internal_value(data)


def read_body(
    serializer: type[StrictSerializer], request: Request
) -> Mapping[str, Any]:
    """Return what a body says.

    Raises:
        ValidationError: it says something else than the serializer takes.
    """
    return _read(serializer, request.data)


def read_query(
    serializer: type[StrictSerializer], request: Request
) -> Mapping[str, Any]:
    """Return what the query of an address says.

    Raises:
        ValidationError: it says something else than the serializer takes.
    """
    asked = request.query_params.dict()
    asked.pop("format", None)
    return _read(serializer, asked)


def _read(serializer: type[StrictSerializer], asked: object) -> Mapping[str, Any]:
    reader = serializer(data=asked)
    reader.is_valid(raise_exception=True)
    return dict(reader.validated_data)


def answer_failure(error: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """Return the problem document of a failure; None leaves a bug to Django."""
    del context
    if isinstance(error, AppError):
        return problem_of(error)
    if isinstance(error, Http404):
        return problem(404, "not_found", NOT_FOUND)
    if isinstance(error, PermissionDenied):
        return problem(403, "forbidden", FORBIDDEN)
    return _refuse(error) if isinstance(error, exceptions.APIException) else None


def _refuse(error: exceptions.APIException) -> HttpResponse:
    if isinstance(error, exceptions.ValidationError):
        wrong = list(_name_failures(error.detail, ()))
        detail = "; ".join(f"{one['where']}: {one['what']}" for one in wrong)
        return problem(422, "invalid_input", detail, errors=wrong)
    code = _CODES.get(error.status_code, str(error.default_code))
    answer = problem(
        error.status_code,
        code,
        str(error.detail),
        retryable=isinstance(error, exceptions.Throttled),
    )
    header = getattr(error, "auth_header", None)
    if header:
        answer["WWW-Authenticate"] = header
    return answer


def _name_failures(detail: Any, where: tuple[str, ...]) -> Iterator[dict[str, str]]:
    """Yield what is wrong with each field of a nested body."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from _name_failures(inner, (*where, str(name)))
    elif isinstance(detail, list):
        for inner in detail:
            yield from _name_failures(inner, where)
    else:
        yield {"where": ".".join(where) or "body", "what": str(detail)}


def keep_account_paths(
    endpoints: list[tuple[str, str, str, Any]],
) -> list[tuple[str, str, str, Any]]:
    """Describe only this API: the public one describes itself."""
    return [one for one in endpoints if one[0].startswith("/api/account/")]


def describe_problems(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add to every operation how it fails."""
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = _PROBLEM
    failure = {
        "description": "Why it was refused",
        "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for path in result["paths"].values():
        for method, operation in path.items():
            if method in {"get", "post", "put", "patch", "delete"}:
                answers = operation["responses"]
                for status, words in AT_THE_GATE.items():
                    answers.setdefault(str(status), failure | {"description": words})
                answers.setdefault("default", failure)
    return result


_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "code", "detail", "retryable"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "retryable": {"type": "boolean"},
    },
}
