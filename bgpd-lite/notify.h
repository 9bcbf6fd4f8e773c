/*
 * What the service manager is told: sd_notify(3) and sd_watchdog_enabled(3) without libsystemd,
 * whose dependencies (compressors, cryptography) would be the larger part of this daemon. bgp
 * process, edge.
 *
 * The protocol: a datagram of lines KEY=VALUE to the unix socket named by $NOTIFY_SOCKET. Without
 * that variable nothing is said, and nothing here fails.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

struct notify {
	int fd; /* -1: nobody listens */
	struct sockaddr_un to;
	socklen_t to_len;
};

void notify_open(struct notify *n);
void notify_close(struct notify *n);
/* One datagram; waits 0.2 s at most for a manager that does not read. False: not delivered. */
bool notify_send(const struct notify *n, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The time in which WATCHDOG=1 is expected from this process, 0: not at all. */
uint64_t notify_watchdog_us(void);
