/*
 * Which processors a process runs on. A call into the kernel that takes long (rtnetlink while a
 * routing table grows: hundreds of milliseconds) holds its processor as long where the kernel is
 * not preemptible, whatever the priority of who waits for it. So where real-time scheduling is
 * allowed, the fib process keeps off one processor and the bfd process stays on that one: else it
 * is woken where it last ran. Edge. Both take the last processor that the service may use.
 */
#pragma once

/* 0 or -errno; -ENOENT: there is only one, nothing was changed. */
int cpus_leave_last(void);
int cpus_keep_last(void);
