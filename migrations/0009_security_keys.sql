-- Keys that show that somebody has them and not who: good beside a password, never alone. What was there checks its owner.
alter table holdfast.passkey add column kind varchar(12) not null default 'passkey' check (kind in ('passkey', 'security-key'));
