/*
 * Numbers, durations and AS numbers from text. Pure. Nothing before, behind or between the digits
 * but what is named here; false leaves *out untouched.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

bool conf_number_plain(const char *text, uint64_t *out); /* 1..10 digits */
/* Decimal, or hexadecimal after 0x; 32 bits. */
bool conf_number_mark(const char *text, uint64_t *out);
/* 90, 90s, 2m, 1h, 3000ms; whole seconds only. */
bool conf_number_seconds(const char *text, uint64_t *out);
/* 50ms, 1s, 1m, 1h in microseconds; the unit must be there. */
bool conf_number_interval_us(const char *text, uint64_t *out);
/* 25G, 400M, 64k, 1T in bits per second; the unit must be there. */
bool conf_number_bandwidth(const char *text, uint64_t *out);
enum {
	CONF_BANDWIDTH_TEXT_MAX = 24,
};
/* As it would be written. Returns out. */
const char *conf_bandwidth_text(uint64_t bits, char out[CONF_BANDWIDTH_TEXT_MAX]);
/* Bytes: 4096, 512K, 200M, 1G, 1T; the units are powers of 1024. */
bool conf_number_size(const char *text, uint64_t *out);
/* 1..4294967294 or HIGH.LOW (RFC 5396), without the reserved 23456 (RFC 6793) and 65535
 * (RFC 7300). */
bool conf_number_as(const char *text, uint64_t *out);
