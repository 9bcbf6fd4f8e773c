/*
 * The sockets of the bfd process (RFC 5881 4, 5). Edge. All functions that open give a descriptor,
 * or -errno and in *what the call that failed ("bind").
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/addr.h"

enum {
	BFD_SOURCE_PORT_FIRST = 49152, /* RFC 5881 4 */
	BFD_SOURCE_PORT_N = 16384,
};

/* Port 3784 of all addresses of one family, of one device ("" for none). `alone`: fail when any
 * other process holds the port; else share it with our other sockets (same user). */
int bfd_socket_rx(const char *device, enum addr_family family, bool alone, const char **what);

/* Connected to remote port 3784, from local and exactly `port`. ifindex: of link-local addresses.
 */
int bfd_socket_tx(const char *device, struct addr local, struct addr remote, uint32_t ifindex,
	uint16_t port, const char **what);

uint32_t bfd_socket_ifindex(int fd); /* of the device it is bound to; 0: none */
uint32_t bfd_socket_drops(int fd);   /* packets the kernel dropped at this socket, ever (wraps) */
