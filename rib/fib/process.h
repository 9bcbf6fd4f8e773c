/*
 * The fib process: rtnetlink, router advertisements and nothing else. Needs CAP_NET_ADMIN.
 *
 * Its metric belongs to the daemon: the kernel replaces an IPv4 route by prefix, TOS and metric
 * whoever made it, so a route of another program with the same metric in a configured table would
 * be replaced. Deletions match the protocol too and never touch routes of others.
 */
#pragma once

/*
 * Runs until the end and returns the exit code: 0 after FIB_MSG_STOP, 1 when the bulk channel is
 * closed or speaks another version, or the kernel has no rtnetlink for us. Routes stay, but for
 * STOP with `withdraw`. The descriptors are ends of chan_pair()s; bfd_fd -1: no BFD. advert_fd: of
 * advert_open(); negative: no router advertisements. Ignores HUP, INT, TERM and PIPE. log_init() is
 * the caller's.
 */
int fib_process_run(int bulk_fd, int urgent_fd, int bfd_fd, int advert_fd);
