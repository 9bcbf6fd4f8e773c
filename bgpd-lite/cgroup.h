/*
 * The memory that this control group (version 2) may have: memory.max of it and of those above it,
 * which systemd's MemoryMax= and container runtimes set. bgp process.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct cgroup_memory {
	uint64_t max;  /* bytes, of the one that has least left */
	uint64_t used; /* of all its processes and of the kernel for them, without what the kernel
			* gives up by itself before it ends a process (files' pages, caches) */
};

/* root: where the hierarchy is mounted; own: the file that names our place in it. False: there is
 * no limit, or it cannot be read. */
bool cgroup_memory(const char *root, const char *own, struct cgroup_memory *out);
