/* SPDX-License-Identifier: MIT */
/* version.c - what this library is, and which segments it reads. */
#include "layout.h"

/* The numbers of layout.h carry a `u`, which text does not. */
_Static_assert(SHM_ABI_MAJOR == 2 && SHM_ABI_MINOR == 0, "say so below");

const char *entrain_version(void)
{
	return ENTRAIN_VERSION_TEXT;
}

const char *entrain_abi(void)
{
	return "2.0";
}
