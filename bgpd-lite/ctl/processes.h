/*
 * The daemon's processes as /proc shows them. The client.
 */
#pragma once

#include <jansson.h>
#include <stddef.h>
#include <sys/types.h>

enum {
	PROCESS_CHILDREN_MAX = 16,
};

/* The process that listens on that socket; 0: none, or it is not in our PID namespace. */
pid_t process_daemon(const char *path);
size_t process_children(pid_t pid, pid_t children[PROCESS_CHILDREN_MAX]);
/* Adds "processes" to the reply of ShowMemory: process, pid, rss_bytes, pss_bytes (null where
 * /proc/PID/smaps_rollup is not for us). Empty where the daemon is not in our PID namespace. */
void processes_put_memory(json_t *reply, const char *path);
