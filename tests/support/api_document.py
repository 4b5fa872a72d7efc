"""The OpenAPI document, made once a process: three files ask for it while tests are collected."""

from functools import cache

from studio.server.openapi import describe

api_document = cache(describe)
