/*
 * Inside of `doctor`: its findings. The client.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

/* Adds {check, text, mend}. */
void doctor_find(json_t *findings, const char *check, const char *mend, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* doctor_processes.c: capabilities and scheduling of the daemon at that socket; without one, who
 * has its ports. */
void doctor_processes(json_t *findings, const char *path, bool runs);
/* doctor_rules.c: rules of routing policy that are missing in the kernel: those of Status, and the
 * one of VRF devices where an item of vrfs has one. */
void doctor_rules(json_t *findings, const json_t *status, const json_t *vrfs);
