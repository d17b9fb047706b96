-- Beside an enforced second factor a shorter password is enough. Whether it would be enough without one is known when it is
-- chosen and never again, and asked when the last factor goes. That it is not says little: the hash is peppered, and no list of its kind
-- helps against it.
alter table holdfast.password add column stands_alone boolean not null default true;

-- Of those chosen before nobody knows.
update holdfast.password p set stands_alone = false
where exists (select from holdfast.passkey k where k.account_id = p.account_id)
   or exists (select from holdfast.totp t where t.account_id = p.account_id);
