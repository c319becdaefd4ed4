"""The public REST API: its endpoints, its failures and its description."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import Http404
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from apps.benchmarks.api.endpoints import router as benchmarks
from apps.benchmarks.api.on_demand import router as on_demand
from apps.catalog.api.endpoints import router as catalogue
from apps.core.errors import AppError, TooLargeError
from apps.core.web.errors import NOT_FOUND
from apps.core.web.problems import AT_THE_GATE, problem, problem_of
from apps.core.web.schemas import Problem
from apps.markets.api.endpoints import router as markets
from apps.predictions.api import (
    endpoints,
    endpoints_ask,
    endpoints_in,
    endpoints_twins,
)

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

PROBLEM_JSON = "application/problem+json"
_FIRST_FAILURE = 400


class PublicAPI(NinjaAPI):
    """A Ninja API whose description names the true type of failures and streams."""

    def get_openapi_schema(self, **kwargs: Any) -> Any:
        """Return the OpenAPI document."""
        schema = super().get_openapi_schema(**kwargs)
        for path, methods in schema["paths"].items():
            for operation in methods.values():
                for status, answer in operation["responses"].items():
                    self._name_type(path, int(status), answer)
                _tell_refusals(operation)
        components = schema.setdefault("components", {})
        components.setdefault("schemas", {})["Problem"] = Problem.json_schema()
        components["securitySchemes"] = {
            "bearer": {"type": "http", "scheme": "bearer"},
            "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        }
        return schema

    def _name_type(self, path: str, status: int, answer: dict[str, Any]) -> None:
        content = answer.get("content", {})
        if "application/json" not in content:
            return
        if status >= _FIRST_FAILURE:
            content[PROBLEM_JSON] = content.pop("application/json")
        elif path.endswith("/events"):
            content["text/event-stream"] = content.pop("application/json")


def _tell_refusals(operation: dict[str, Any]) -> None:
    """Say how a call may fail that its endpoint never sees, and that a key is optional.

    Whatever the endpoint: an address that leads nowhere, or a value of the wrong form.
    """
    refusals = {
        **AT_THE_GATE,
        404: "Nothing of that name is visible to the one who asks",
        422: "A value has the wrong form; `detail` names it",
    }
    content = {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for status, words in refusals.items():
        known = {str(one) for one in operation["responses"]}
        if str(status) not in known:
            answer = {"description": words, "content": content}
            operation["responses"][str(status)] = answer
    operation["security"] = [{}, {"bearer": []}, {"header": []}]


api = PublicAPI(
    title="Assay",
    version="1.0.0",
    description=(
        "AI measured against reality, with the evidence for every number. Reading "
        "public data needs no credentials; a session cookie adds what its workspaces "
        "may see. Money is decimal text in US dollars, times are UTC, shares are of "
        "one. Failures are application/problem+json (RFC 9457)."
    ),
    docs_url=None,
    urls_namespace="api-v1",
)
api.add_router("", catalogue)
api.add_router("", benchmarks)
api.add_router("", on_demand)
api.add_router("", markets)
# Modules that fill one router: it is added once.
_FILLING = (endpoints, endpoints_ask, endpoints_in, endpoints_twins)
for _module in {one.router: one for one in _FILLING}.values():
    api.add_router("", _module.router)


@api.exception_handler(AppError)
def on_app_error(request: HttpRequest, error: AppError) -> HttpResponse:
    """Answer an anticipated failure."""
    return problem_of(error)


@api.exception_handler(RequestDataTooBig)
def on_too_large(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    """Answer a body that nobody read, for it is too large."""
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    return problem_of(TooLargeError(f"A body has at most {most} bytes: send less."))


@api.exception_handler(Http404)
def on_not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    """Answer an address that leads nowhere."""
    return problem(404, "not_found", NOT_FOUND)


@api.exception_handler(HttpError)
def on_http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Answer what Ninja itself refuses: a body that it cannot read."""
    return problem(error.status_code, "bad_request", error.message)


def _name_place(parts: tuple[str | int, ...]) -> str:
    """Name a place as services do: by the field, without what holds it."""
    place, *rest = map(str, parts) if parts else ("body",)
    # Of a body also our own name for the whole of it is told.
    kept = rest[1:] if place == "body" else rest
    # In brackets stands which of several forms of a body it was read as.
    return ".".join(part for part in kept if not part.startswith("(")) or place


@api.exception_handler(ValidationError)
def on_bad_value(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Answer values of the wrong form, naming each."""
    wrong = [
        {
            "where": _name_place(one["loc"]),
            # What our own checks say comes with pydantic's word before it.
            "what": one["msg"].removeprefix("Value error, "),
        }
        for one in error.errors
    ]
    detail = "; ".join(f"{one['where']}: {one['what']}" for one in wrong)
    return problem(422, "invalid_input", detail, errors=wrong)
