-- A tenant that the statistics have not seen yet counts as one row, and a plan for one row reads the whole tenant. By default the
-- statistics follow once a tenth of a table has changed, which is a hundred thousand people among a million.

alter table users set (autovacuum_analyze_scale_factor = 0.01, autovacuum_analyze_threshold = 500);
alter table user_activity set (autovacuum_analyze_scale_factor = 0.01, autovacuum_analyze_threshold = 500);
alter table password_credentials set (autovacuum_analyze_scale_factor = 0.01, autovacuum_analyze_threshold = 500);
alter table user_roles set (autovacuum_analyze_scale_factor = 0.01, autovacuum_analyze_threshold = 500);
alter table group_members set (autovacuum_analyze_scale_factor = 0.01, autovacuum_analyze_threshold = 500);
alter table sessions set (autovacuum_analyze_scale_factor = 0.01, autovacuum_analyze_threshold = 500);
alter table invitations set (autovacuum_analyze_scale_factor = 0.01, autovacuum_analyze_threshold = 500);
