/*
 * Deletes routes of ours that a dump finds, in slices. fib process, edge.
 *
 * Two uses: FIB_MSG_SWEEP (in all tables: routes and objects of an earlier life; in tables that are
 * not configured any more routes of any life, and the unreachable default) and a table that we
 * leave (routes of any life in it). Routes are ours by protocol and by a nexthop id in our range,
 * or by what fib_msg_config says of routes without objects. A dump never runs beside deletions: up
 * to SWEEP_FOUND_MAX routes are collected, the dump ends, they are deleted, and so on until a dump
 * finds none.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rib/fib/dump.h"

struct fib;

enum {
	SWEEP_FOUND_MAX = 65536,
	SWEEP_AGAIN_MS = 1000,
	SWEEP_AGAIN_MAX_MS = 300000,
};

enum sweep_phase {
	SWEEP_IDLE,
	SWEEP_DUMP,    /* a dump is being read */
	SWEEP_DELETE,  /* what it found is being deleted */
	SWEEP_OBJECTS, /* groups, then objects, of an earlier life */
};

struct sweep_found {
	struct prefix prefix;
	uint32_t table;
	uint32_t metric;
	uint32_t nh_id;
};

struct sweep {
	enum sweep_phase phase;
	bool all_lives; /* also routes of this life */
	uint32_t table; /* that we leave; 0: all tables */
	uint8_t family; /* enum addr_family, in work; ADDR_NONE: both are done */
	struct dump dump;
	struct sweep_found *found;
	size_t found_n;
	size_t deleted_at; /* of found, or of object */
	size_t refused;    /* deletions of found */
	uint32_t *object;  /* ids, groups before gateways */
	size_t object_n;
	bool asked;        /* FIB_MSG_SWEEP came */
	bool again;        /* something was refused */
	uint64_t again_ms; /* when, and how long that is then */
	uint32_t again_wait_ms;
	uint64_t routes; /* deleted in all */
	uint64_t objects;
};

void sweep_begin_old(struct fib *f);                   /* FIB_MSG_SWEEP */
void sweep_begin_table(struct fib *f, uint32_t table); /* a table that we leave */
bool sweep_busy(const struct sweep *s);
void sweep_step(struct fib *f);   /* one slice; only while busy */
void sweep_failed(struct fib *f); /* something of ours is left */
/* ms until a sweep is to begin again; 0: now; -1: none is due. */
int sweep_wait_ms(const struct sweep *s, uint64_t now_ms);
/* Deletes all objects of ours in one go, which flushes all routes of ours. */
void sweep_withdraw(struct fib *f);
void sweep_free(struct sweep *s);
