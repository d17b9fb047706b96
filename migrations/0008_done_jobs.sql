-- The worker throws away what is done, and with a job what depended on it: nothing of ours does, and the statement asks for the right
-- all the same. Without it no job was ever thrown away.
grant delete on holdfast_jobs.job_dependency to :jobs;
