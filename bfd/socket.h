/*
 * The sockets of the bfd process (RFC 5881 4, 5, RFC 5883 5). Edge. All functions that open give a
 * descriptor, or -errno and in *what the call that failed ("bind").
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bfd/session.h"
#include "lib/addr.h"

enum {
	BFD_SOURCE_PORT_FIRST = 49152, /* RFC 5881 4 */
	BFD_SOURCE_PORT_N = 16384,
};

/* `port` of all addresses of one family, of one device ("" for none). `alone`: fail when any other
 * process holds the port; else share it with our other sockets (same user). */
int bfd_socket_rx(
	const char *device, enum addr_family family, uint16_t port, bool alone, const char **what);

/* The first two sockets of one device, family and port: from now on packets of 24 bytes and version
 * 1 that say Up with no bit but C and no diagnostic go to the second one, all others to the first.
 * Either of the two; 0 or -errno. */
int bfd_socket_sort(int fd);

/* Of one that receives over IPv6: whether packets without a UDP checksum reach it. As it is opened
 * the kernel drops them (RFC 8200 8.1). */
void bfd_socket_zero_checksum(int fd, bool taken);

/* Connected to the session's remote address and its port of BFD, from its local address and exactly
 * `port`. */
int bfd_socket_tx(const struct bfd_session *s, uint16_t port, const char **what);

uint16_t bfd_port(bool multihop);    /* where packets of such a session go */
uint32_t bfd_socket_ifindex(int fd); /* of the device it is bound to; 0: none */
uint32_t bfd_socket_drops(int fd);   /* packets the kernel dropped at this socket, ever (wraps) */
