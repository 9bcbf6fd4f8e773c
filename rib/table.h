/*
 * The prefixes of one (VRF, family) and the list of those that wait for a decision. Pure.
 *
 * Bytes a prefix: an entry of 20 (IPv4) or 32 (IPv6), 4 of hash bucket, and 16 a path. An entry
 * keeps its index while it lives, so a walk by index sees each exactly once. At most 2^31 prefixes.
 */
#pragma once

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "rib/index.h"
#include "rib/pool.h"

enum {
	ENTRY_USED = 1,      /* else the entry is free */
	ENTRY_DIRTY = 2,     /* in the list of those that wait for a decision */
	ENTRY_FAILED = 4,    /* the kernel refused its last operation */
	ENTRY_SEND = 8,      /* send the operation although nothing seems to change (a retry) */
	ENTRY_WAITS = 16,    /* wants a group that the cap on groups does not allow now */
	ENTRY_MAYBE = 32,    /* the kernel may still have a route of ours, though group is 0 */
	ENTRY_SEEN = 64,     /* in the list of the audit; nowhere else */
	ENTRY_ADOPTED = 128, /* its route is of an earlier life, and not decided yet */
};

struct entry {
	uint32_t paths;     /* head of its paths; 0: none */
	uint32_t link;      /* dirty: the next dirty one; else the packet of its last operation */
	uint32_t next;      /* hash chain */
	uint16_t group : 9; /* of the last operation: slot + 1; 0: none, the kernel has no route */
	uint16_t trait : 7; /* of it too: what policies set (rib/traits.c); 0: nothing */
	uint8_t len;
	uint8_t flags;
	uint8_t addr[]; /* 4 or 16 */
};
static_assert(sizeof(struct entry) == 16, "a budget");

enum audit_phase {
	AUDIT_NONE,
	AUDIT_LIST, /* what the kernel has is being listed */
	AUDIT_WALK, /* what the list lacks is looked for */
};

/* Comparing the table with the kernel's. */
struct table_audit {
	uint8_t phase; /* enum audit_phase */
	bool whole;    /* the list was */
	uint32_t entry;
	uint64_t packets; /* done when the list began */
};

struct table {
	struct pool entries;
	struct index index;
	uint32_t seed;
	uint8_t family;
	uint8_t addr_len;
	uint16_t number;
	uint32_t dirty_head;
	uint32_t dirty_tail;
	uint32_t dirty_n;
	uint32_t installed; /* entries with a group */
	struct table_audit audit;
};

struct table *table_new(uint16_t number, enum addr_family family, uint32_t seed);
void table_free(struct table *t);
uint32_t table_find(const struct table *t, const struct prefix *p); /* 0: not there */
uint32_t table_add(struct table *t, const struct prefix *p);        /* 0: no memory */
/* Neither dirty nor with paths. The memory of a table goes back with its last entry. */
void table_remove(struct table *t, uint32_t e);
struct prefix table_prefix(const struct table *t, const struct entry *e);
void table_mark(struct table *t, uint32_t e); /* dirty; once */
uint32_t table_next_dirty(struct table *t);   /* takes the first; 0: none */
size_t table_bytes(const struct table *t);

static inline struct entry *table_entry(const struct table *t, uint32_t e)
{
	return pool_at(&t->entries, e);
}
