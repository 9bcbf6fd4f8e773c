/*
 * A RIB that lives through events, each chosen by dice: announcements, withdrawals, sessions,
 * links, filters, a fib process that is late or refuses. From time to time all comes to rest, and
 * the kernel must hold what an oracle says, written independently of the RIB's decision.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Dice from a seed; every third seed lets the kernel refuse one operation in ten. */
void world_run_seed(uint32_t seed, unsigned steps, unsigned rest_every);
/* Dice from bytes, until they are used up. */
void world_run_bytes(const uint8_t *bytes, size_t len);
