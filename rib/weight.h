/*
 * Weights of the members of a set: small whole numbers, as the kernel takes them, made of link
 * bandwidths. Pure.
 *
 * The member with the largest bandwidth gets WEIGHT_TOP, the others their part of it, rounded to
 * four significant bits and to 1 at least: a part of 1/30 or more is met within 6 %, and what
 * changes by less makes no other group. Where all are equal, each weight is 1: a set without
 * weights.
 *
 * A set keeps its weights when members leave it, for the kernel does. So weights are not compared
 * by their numbers: those of a set serve when, scaled by one factor, each could have been rounded
 * from what the wanted one was rounded from. A set that lost members always serves what is wanted
 * of those that remain, down to parts of 1/160.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	WEIGHT_TOP = 240, /* the kernel refuses more than 255; many parts of 240 are whole */
};

/* Bandwidths above 0, in any unit; 0: it has none, and gets 1. All 0: all get 1. */
void weights_make(const double *bandwidth, size_t n, uint8_t *weight);
/* Both of the same members in the same order. */
bool weights_serve(const uint8_t *have, const uint8_t *wanted, size_t n);
