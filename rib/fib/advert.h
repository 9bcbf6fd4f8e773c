/*
 * Router advertisements (RFC 4861 6.2), by which the neighbour of an unnumbered session finds us:
 * no prefixes, router lifetime 0 (we are nobody's default router), our link-layer address. fib
 * process, edge. The socket takes CAP_NET_RAW to open and receives nothing.
 */
#pragma once

#include <stdint.h>

int advert_open(void);                     /* the socket or -errno */
int advert_send(int fd, uint32_t ifindex); /* to all nodes of the link; 0 or -errno */
