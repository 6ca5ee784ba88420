"""Settings of the embedded engine: bounds that suit a machine shared with everything else."""

from __future__ import annotations

_MEBIBYTE = 1024 * 1024
QUERY_MEMORY_BYTES_MAX = 4 * 1024 * _MEBIBYTE

# a cache grows to its size and stays there, and chDB's own sizes are those of a server of its own
SERVER_SETTINGS = {
    "mark_cache_size": str(64 * _MEBIBYTE),
    "primary_index_cache_size": str(64 * _MEBIBYTE),
    "index_mark_cache_size": str(16 * _MEBIBYTE),
    "query_condition_cache_size": str(16 * _MEBIBYTE),
    "compiled_expression_cache_size": str(16 * _MEBIBYTE),
    "parquet_metadata_cache_size": str(16 * _MEBIBYTE),
    "vector_similarity_index_cache_size": str(16 * _MEBIBYTE),
    "text_index_tokens_cache_size": str(16 * _MEBIBYTE),
    "text_index_header_cache_size": str(16 * _MEBIBYTE),
    "text_index_postings_cache_size": str(16 * _MEBIBYTE),
    "unique_key_index_cache_size_bytes": str(16 * _MEBIBYTE),
    "iceberg_metadata_files_cache_size": str(_MEBIBYTE),
    # threads that nobody needs go away
    "max_thread_pool_free_size": "8",
}


def server_settings(machine_bytes: int) -> dict[str, str]:
    """Return the settings of the whole engine on a machine with that much memory."""
    return {**SERVER_SETTINGS, "max_server_memory_usage": str(machine_bytes // 2)}


def default_settings(machine_bytes: int) -> dict[str, str]:
    """Return what every statement has unless its request says otherwise.

    Args:
        machine_bytes: memory of the machine.
    """
    query_bytes = min(machine_bytes // 4, QUERY_MEMORY_BYTES_MAX)
    return {
        "max_threads": "2",
        "max_memory_usage": str(query_bytes),
        # large groups and sorts go to disk before they fail
        "max_bytes_before_external_group_by": str(query_bytes // 2),
        "max_bytes_before_external_sort": str(query_bytes // 2),
        # an insert that was answered is a part on disk, and is seen by the next query
        "async_insert": "0",
        # conveniences of chDB's shell that a server has not
        "implicit_select": "0",
        "allow_introspection_functions": "0",
    }
