"""What the browser may ask between two runs of a page: a question is answered at once, without a run.

A page offers answers: a function from what a hand has just done to what its components then show. The browser
asks while the hand moves; the page itself runs when the hand rests, and shows the same.
"""

from __future__ import annotations

import json
import logging
import secrets
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cnn_core.messages import Problem
from ui.language import language, speaking

Shown = Mapping[str, Mapping[str, Any]]  # a component's key -> what it shows now, as its ``data``
Answer = Callable[[Any], Shown]  # a question, as JSON gives it -> what components show now

MOST = 400  # offers that are kept: those that were made longest ago go first
LONGEST = 2_000_000  # bytes of a question
_TOKENS = "live.tokens"  # key -> the token of this session's offer

_offers: OrderedDict[str, Answer] = OrderedDict()
_news: dict[str, Counter[str]] = {}  # token -> how often each component was answered
_changing = Lock()

log = logging.getLogger(__name__)


def address(key: str) -> str:
    """Where this session's browser asks, from the app's root; what is offered there may come later."""
    tokens = st.session_state.setdefault(_TOKENS, {})
    return f"live/{tokens.setdefault(key, secrets.token_urlsafe(16))}"


def offer(key: str, answer: Answer) -> str:
    """Have ``answer`` asked at the key's address, which is returned; the next offer replaces it.

    It runs in another thread, in the learner's language, and uses nothing else of the session. It raises
    Problem or ValueError for a question that has no answer: the page's own run says why.
    """
    code, token = language(), address(key).removeprefix("live/")

    def spoken(question: Any) -> Shown:
        with speaking(code):
            return answer(question)

    with _changing:
        _offers[token] = spoken
        _offers.move_to_end(token)
        while len(_offers) > MOST:
            _news.pop(_offers.popitem(last=False)[0], None)
    return address(key)


def answered(key: str) -> int:
    """How often a component of this session was answered: what a run sends after that is news to it."""
    tokens = st.session_state.get(_TOKENS, {}).values()
    return sum(_news[token][key] for token in tokens if token in _news)


async def _respond(request: Request) -> Response:
    turn, token = time.time_ns() // 1_000_000, request.path_params["token"]
    answer = _offers.get(token)
    if answer is None:
        return Response(status_code=404)  # the server began anew: the page's next run offers again
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LONGEST:
            return Response(status_code=413)
    try:
        shown = await run_in_threadpool(answer, json.loads(body))
    except (Problem, ValueError):
        return Response(status_code=422)
    except Exception:
        log.exception("a question could not be answered")
        return Response(status_code=500)
    with _changing:
        _news.setdefault(token, Counter()).update(list(shown))
    return JSONResponse({"turn": turn, "shown": dict(shown)})


ROUTES = [Route("/live/{token}", _respond, methods=["POST"])]
