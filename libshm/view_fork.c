/* SPDX-License-Identifier: MIT */
/* view_fork.c - keep liburcu in order across fork(). */
#include "view_fork.h"
#include <elf.h>
#include <link.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <urcu/urcu-bp.h>

#define LIBRARY "liburcu-bp.so"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static _Atomic int prepared;
static _Atomic(void (*)(void)) tell;
/* Of the thread that forks: it holds liburcu's locks. */
static __thread bool holding;

static const char *dynamic_text(const struct dl_phdr_info *object, const ElfW(Dyn) * entry)
{
	for (; entry->d_tag != DT_NULL; entry++)
		if (entry->d_tag == DT_STRTAB) {
			ElfW(Addr) at = entry->d_un.d_ptr;

			/* The loader has made it an address, but for read-only dynamic sections (the vDSO's). */
			return (const char *)(at < object->dlpi_addr ? object->dlpi_addr + at : at);
		}
	return NULL;
}

static bool links_library(const struct dl_phdr_info *object, const ElfW(Phdr) * segment)
{
	const ElfW(Dyn) *first = (const void *)(object->dlpi_addr + segment->p_vaddr);
	const char *text = dynamic_text(object, first);

	for (const ElfW(Dyn) *entry = first; text && entry->d_tag != DT_NULL; entry++)
		if (entry->d_tag == DT_NEEDED &&
		    strncmp(text + entry->d_un.d_val, LIBRARY, strlen(LIBRARY)) == 0)
			return true;
	return false;
}

static bool is_ours(const struct dl_phdr_info *object)
{
	ElfW(Addr) here = (ElfW(Addr)) & once;

	for (unsigned i = 0; i < object->dlpi_phnum; i++) {
		ElfW(Addr) from = object->dlpi_addr + object->dlpi_phdr[i].p_vaddr;

		if (object->dlpi_phdr[i].p_type == PT_LOAD && here >= from &&
		    here - from < object->dlpi_phdr[i].p_memsz)
			return true;
	}
	return false;
}

static int object_look(struct dl_phdr_info *object, size_t size, void *context)
{
	bool *others = context;

	(void)size;
	if (is_ours(object))
		return 0;
	for (unsigned i = 0; i < object->dlpi_phnum; i++)
		if (object->dlpi_phdr[i].p_type == PT_DYNAMIC)
			*others |= links_library(object, &object->dlpi_phdr[i]);
	return *others;
}

static void before_fork(void)
{
	bool others = false;

	holding = false;
	dl_iterate_phdr(object_look, &others);
	if (others)
		return;
	urcu_bp_before_fork();
	holding = true;
}

static void after_fork_parent(void)
{
	if (holding)
		urcu_bp_after_fork_parent();
	holding = false;
}

static void after_fork_child(void)
{
	void (*proved)(void);

	if (!holding)
		return;
	urcu_bp_after_fork_child();
	holding = false;
	proved = atomic_load_explicit(&tell, memory_order_relaxed);
	if (proved)
		proved();
}

static void handlers_register(void)
{
	pthread_atfork(before_fork, after_fork_parent, after_fork_child);
	atomic_store_explicit(&prepared, 1, memory_order_seq_cst);
}

void view_fork_prepare(void)
{
	pthread_once(&once, handlers_register);
}

void view_fork_tell(void (*proved)(void))
{
	atomic_store_explicit(&tell, proved, memory_order_relaxed);
}

bool view_fork_prepared(void)
{
	return atomic_load_explicit(&prepared, memory_order_seq_cst) != 0;
}
