-- What came from one network address, newest first. What the program does by itself has none.
create index events_by_ip on events (tenant_id, ip, occurred_at desc, id desc) where ip is not null;
