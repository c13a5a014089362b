/* SPDX-License-Identifier: MIT */
/* layout.c - the checks that stand between a shared object and its use, and the listing of its fields. */
#include "layout.h"
#include <string.h>
#include "settings.h"

enum entrain_code header_check(const struct header_copy *copy,
			       const struct header_expectation *expect)
{
	static const uint8_t unknown[16];
	const struct shm_header *header = &copy->fields;

	if (copy->magic == 0)
		return ENTRAIN_NOT_READY;
	if (copy->magic != expect->magic)
		return ENTRAIN_FOREIGN;
	if (header->abi_major > SHM_ABI_MAJOR)
		return ENTRAIN_TOO_NEW;
	if (header->abi_major < SHM_ABI_MAJOR)
		return ENTRAIN_TOO_OLD;
	if (header->slot_size != SHM_SLOT_SIZE || header->slots_offset != SHM_AGENTS_OFFSET ||
	    header->header_size != sizeof(struct shm_header) || header->creation_id == 0 ||
	    (header->access & ~0777u))
		return ENTRAIN_UNSOUND;
	if (expect->creation_id && header->creation_id != expect->creation_id)
		return ENTRAIN_UNSOUND;
	if (expect->file_size < expect->least_size)
		return ENTRAIN_TRUNCATED;
	if (memcmp(header->boot_id, expect->boot_id, sizeof(header->boot_id)) != 0 &&
	    memcmp(header->boot_id, unknown, sizeof(unknown)) != 0 &&
	    memcmp(expect->boot_id, unknown, sizeof(unknown)) != 0)
		return ENTRAIN_OTHER_BOOT;
	if (header->clock_offset_ns != expect->clock_offset_ns)
		return ENTRAIN_CLOCK;
	return ENTRAIN_OK;
}

#define LOAD(field) atomic_load_explicit(&shared->field, memory_order_relaxed)

enum entrain_code settings_load(const struct shm_settings *shared, uint64_t agents_size,
				struct entrain_settings *settings)
{
	entrain_settings_init(settings);
	settings->mode = LOAD(mode);
	settings->goal = LOAD(goal);
	settings->kind = LOAD(kind);
	settings->period_ns = LOAD(period_ns);
	settings->band_ppm = LOAD(band_ppm);
	settings->target_ppm = LOAD(target_ppm);
	settings->max_delay_ns = LOAD(max_delay_ns);
	settings->max_delay_ppm = LOAD(max_delay_ppm);
	settings->changes = (uint32_t)LOAD(changes);
	/* [L2] acquire: the slots below this capacity exist. Pairs with the release after growing. */
	settings->capacity = atomic_load_explicit(&shared->capacity, memory_order_acquire);
	if (agents_size && SHM_AGENTS_SIZE(settings->capacity) > agents_size)
		return ENTRAIN_TRUNCATED;
	return settings_valid(settings) ? ENTRAIN_OK : ENTRAIN_UNSOUND;
}

#define ROW(object, type, field, unit, writer) \
	{ \
		object, #field, unit, writer, offsetof(struct type, field), \
			sizeof(((struct type *)NULL)->field) \
	}

static const struct layout_row rows[] = {
	ROW("header", shm_header, magic, "-", "creator, last"),
	ROW("header", shm_header, abi_major, "version", "creator"),
	ROW("header", shm_header, abi_minor, "version", "creator"),
	ROW("header", shm_header, creation_id, "random", "creator"),
	ROW("header", shm_header, boot_id, "uuid", "creator"),
	ROW("header", shm_header, header_size, "bytes", "creator"),
	ROW("header", shm_header, slot_size, "bytes", "creator"),
	ROW("header", shm_header, slots_offset, "bytes", "creator"),
	ROW("header", shm_header, created_ns, "ns, realtime", "creator"),
	ROW("header", shm_header, clock_offset_ns, "ns", "creator"),
	ROW("header", shm_header, creator_pid, "pid", "creator"),
	ROW("header", shm_header, access, "mode bits", "creator"),
	ROW("header", shm_header, uid, "uid", "creator"),
	ROW("header", shm_header, gid, "gid", "creator"),
	ROW("control", shm_control, header, "struct", "creator"),
	ROW("control", shm_control, holder, "who", "administrator"),
	ROW("control", shm_control, settings, "struct", "administrator"),
	ROW("settings", shm_settings, mode, "enum entrain_mode", "administrator"),
	ROW("settings", shm_settings, goal, "enum entrain_goal", "administrator"),
	ROW("settings", shm_settings, kind, "enum entrain_kind", "creator"),
	ROW("settings", shm_settings, capacity, "slots", "administrator"),
	ROW("settings", shm_settings, period_ns, "ns", "administrator"),
	ROW("settings", shm_settings, band_ppm, "ppm", "creator"),
	ROW("settings", shm_settings, target_ppm, "ppm", "administrator"),
	ROW("settings", shm_settings, max_delay_ns, "ns", "administrator"),
	ROW("settings", shm_settings, max_delay_ppm, "ppm of the period", "administrator"),
	ROW("settings", shm_settings, removed, "0 or 1", "administrator"),
	ROW("settings", shm_settings, topology, "generation:56 kind:8", "administrator"),
	ROW("settings", shm_settings, changes, "count", "administrator"),
	ROW("settings", shm_settings, disruption, "number:16 share:17 seed:31", "administrator"),
	ROW("agents", shm_agents, header, "struct", "creator"),
	ROW("agents", shm_agents, door, "ns, monotonic", "drifting agents"),
	ROW("agents", shm_agents, occupied, "bitmap", "agents: a hint"),
	ROW("agents", shm_agents, ring, "struct[200][16]", "owner of the slot"),
	ROW("slot", shm_slot, version, "pid:22 incarnation:18 sequence:24", "owner, reaper"),
	ROW("slot", shm_slot, acting, "tagged instant:47 acting:1", "owner"),
	ROW("slot", shm_slot, copy, "struct[2]", "owner"),
	ROW("slot", shm_slot, fact, "tagged[12]", "owner"),
	ROW("copy", shm_copy, word[COPY_CUR], "tagged 64 ns, monotonic", "owner"),
	ROW("copy", shm_copy, word[COPY_NEXT], "tagged 64 ns, monotonic", "owner"),
	ROW("copy", shm_copy, word[COPY_PERIOD], "tagged ns", "owner"),
	ROW("copy", shm_copy, word[COPY_WORK], "tagged ns", "owner"),
	ROW("copy", shm_copy, word[COPY_DELAY], "tagged ns", "owner"),
	ROW("copy", shm_copy, word[COPY_STATUS],
	    "tagged goal:5 strategy:6 kind:3 pattern:2 flags:8 disruption:8 way:16", "owner"),
	ROW("copy", shm_copy, word[COPY_TOPOLOGY], "tagged generation:32 energy:16", "owner"),
	ROW("slot", shm_slot, fact[FACT_START], "tagged clock ticks since boot", "owner, at join"),
	ROW("slot", shm_slot, fact[FACT_PID_SPACE], "tagged inode", "owner, at join"),
	ROW("slot", shm_slot, fact[FACT_NAME1], "tagged char[6]", "owner, at join"),
	ROW("slot", shm_slot, fact[FACT_NAME2], "tagged char[6]", "owner, at join"),
	ROW("slot", shm_slot, fact[FACT_NAME3], "tagged char[6]", "owner, at join"),
	ROW("slot", shm_slot, fact[FACT_LABEL1], "tagged char[6]", "owner"),
	ROW("slot", shm_slot, fact[FACT_LABEL2], "tagged char[6]", "owner"),
	ROW("slot", shm_slot, fact[FACT_TURNS], "tagged turns:32 missed:16", "owner"),
	ROW("slot", shm_slot, fact[FACT_ACTION], "tagged ns last:24 mean:24", "owner"),
	ROW("slot", shm_slot, fact[FACT_DELAY], "tagged ns last:24 longest:24", "owner"),
	ROW("slot", shm_slot, fact[FACT_DELAY_TOTAL], "tagged us", "owner"),
	ROW("slot", shm_slot, fact[FACT_OVERLAP], "tagged lateness ns:24 overlap:24", "owner"),
	ROW("slot", shm_slot, barrier, "tagged count", "owner"),
	ROW("slot", shm_slot, rhythm, "tagged kind:3 spread:20 interval:25", "owner"),
	ROW("slot", shm_slot, event, "struct[1]", "owner"),
	ROW("event", shm_event, when, "tagged 64 ns, monotonic", "owner"),
	ROW("event", shm_event, what, "tagged number:8 kind:8 value:32", "owner"),
};

const struct layout_row *layout_row(unsigned index)
{
	return index < sizeof(rows) / sizeof(rows[0]) ? &rows[index] : NULL;
}
