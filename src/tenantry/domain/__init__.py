"""What Tenantry knows and decides. Modules stand on shelves and import from lower shelves only; none of them knows HTTP."""
