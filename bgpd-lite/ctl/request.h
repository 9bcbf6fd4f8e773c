/*
 * One request of the control socket: the JSON object of a varlink call. Pure. bgp process.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct request {
	json_t *root;       /* owned */
	const char *method; /* "io.bgpd-lite.Status"; borrowed from root, as all below */
	json_t *parameters; /* object, or NULL for none */
	bool more;
	bool oneway;
	bool upgrade;
};

/* NULL: it is well-formed and *r is filled. Else why not, in words; *r is untouched.
 * Duplicate and unknown members are refused. */
const char *request_parse(const char *text, size_t len, struct request *r);
void request_free(struct request *r);

/* Length of the interface's name in the method's: what stands before the last dot. 0: no dot. */
size_t request_interface_len(const struct request *r);
/* The first parameter that is not in `known` (ends with NULL) or not a string, or that is not a map
 * of strings where its name is `texts` (NULL: none is); NULL: all are. */
const char *request_bad_parameter(
	const struct request *r, const char *const *known, const char *texts);
/* A parameter that is text; NULL where it is not given. */
const char *request_text(const struct request *r, const char *name);
