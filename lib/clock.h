/*
 * The monotonic clock, for edges. Pure code gets the time as an argument.
 */
#pragma once

#include <stdint.h>

uint64_t clock_ns(void); /* CLOCK_MONOTONIC, nanoseconds */
uint64_t clock_ms(void); /* the same in milliseconds */
uint64_t clock_realtime_ns(
	void); /* CLOCK_REALTIME, only to convert kernel time stamps or to print */
