/*
 * The T of `since T`: what is typed becomes a time. The client; the present comes in.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Accepts
 *   90s, 10m, 1h30m, 2d          so long ago
 *   HH:MM, HH:MM:SS              the last time the clock showed that
 *   YYYY-MM-DD[THH:MM[:SS[.fff]]][Z], also with a blank for T
 * Times are local unless they end with Z. at_ms: since 1970; untouched where it is none of them. */
bool since_parse(const char *typed, int64_t now_s, int64_t *at_ms);
