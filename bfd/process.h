/*
 * The bfd process: BFD over one hop and several (RFC 5880, 5881, 5883), asynchronous mode, for the
 * sessions that bgp asks for. It owns the BFD sockets and timers and nothing else, holds no
 * capability and needs none; memory locking and real-time scheduling are used where they are
 * granted.
 */
#pragma once

/*
 * Runs until bgp says stop; the caller forked and calls exit() with the result.
 * bgp_fd: our end of the channel of bfd/channel.h. fib_fd: our end of fib's "bfd" channel
 * (rib/fib/channel.h). Both are SOCK_SEQPACKET, non-blocking, and stay the caller's.
 * Ignores SIGHUP, SIGINT, SIGTERM, SIGPIPE from here on.
 * 0: BFD_MSG_STOP, after AdminDown for the longest detection time (3 s at most).
 * 1: bgp_fd was closed without it (the same AdminDown), or the process could not start.
 */
int bfd_process_run(int bgp_fd, int fib_fd);
