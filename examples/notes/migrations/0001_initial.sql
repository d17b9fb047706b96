-- Written by `holdfast migrate new` from the declaration. Read it before it runs; it is yours to change until then.

create table if not exists app.note (
  id uuid not null default gen_random_uuid(),
  workspace uuid not null default holdfast.tenant_id(),
  owner uuid not null default holdfast.account_id(),
  title varchar(200) not null,
  body varchar(20000) not null default '',
  secret varchar(200),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint note_pkey primary key (id),
  constraint note_owner_key unique (workspace, id, owner),
  constraint note_title_check check (char_length(title) >= 1 and title !~ '[\u0001-\u001f\u007f-\u009f]'),
  constraint note_body_check check (body !~ '[\u0001-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]'),
  constraint note_secret_check check (secret !~ '[\u0001-\u001f\u007f-\u009f]'),
  constraint note_created_at_check check (isfinite(created_at)),
  constraint note_updated_at_check check (isfinite(updated_at)),
  constraint note_workspace_fkey foreign key (workspace) references holdfast.tenant (id) on delete cascade,
  constraint note_owner_fkey foreign key (owner) references holdfast.account (id) on delete restrict,
  constraint note_workspace_owner_fkey foreign key (workspace, owner) references holdfast.tenant_member (tenant_id, account_id) on delete no action
);

alter table app.note enable row level security;

alter table app.note force row level security;

create index if not exists note_owner_idx on app.note (owner);

create index if not exists note_workspace_owner_idx on app.note (workspace, owner);

create index if not exists note_words on app.note using gin (to_tsvector('simple', title || ' ' || body));

create index if not exists note_recent on app.note (workspace, updated_at desc);

create table if not exists app.note_share (
  note uuid not null,
  owner uuid not null default holdfast.account_id(),
  workspace uuid not null default holdfast.tenant_id(),
  grantee uuid not null,
  access varchar(5) not null,
  created_at timestamptz not null default now(),
  constraint note_share_pkey primary key (note, grantee),
  constraint note_share_access_check check (access in ('read', 'write')),
  constraint note_share_created_at_check check (isfinite(created_at)),
  constraint note_share_workspace_note_owner_fkey foreign key (workspace, note, owner) references app.note (workspace, id, owner) on delete cascade,
  constraint note_share_workspace_grantee_fkey foreign key (workspace, grantee) references holdfast.tenant_member (tenant_id, account_id) on delete cascade
);

alter table app.note_share enable row level security;

alter table app.note_share force row level security;

create index if not exists note_share_workspace_note_owner_idx on app.note_share (workspace, note, owner);

create index if not exists note_share_workspace_grantee_idx on app.note_share (workspace, grantee);

create table if not exists app.note_tag (
  note uuid not null,
  tag varchar(40) not null,
  constraint note_tag_pkey primary key (note, tag),
  constraint note_tag_tag_check check (char_length(tag) >= 1 and tag !~ '[\u0001-\u001f\u007f-\u009f]' and tag ~ '^[a-z0-9][a-z0-9-]*$'),
  constraint note_tag_note_fkey foreign key (note) references app.note (id) on delete cascade
);

alter table app.note_tag enable row level security;

alter table app.note_tag force row level security;

drop policy if exists note_select on app.note;

create policy note_select on app.note for select to :runtime, :readonly
  using (
    (select holdfast.account_id()) is not null
    and (
      (select holdfast.scope()) = 'all'
      or (
        note.workspace = (select holdfast.tenant_id())
        and (
          (select holdfast.scope()) = 'tenant'
          or note.owner = (select holdfast.account_id())
          or exists (select from app.note_share where note_share.note = note.id and note_share.grantee = (select holdfast.account_id()))
        )
      )
    )
  );

drop policy if exists note_insert on app.note;

create policy note_insert on app.note for insert to :runtime
  with check (
    (select holdfast.account_id()) is not null
    and note.workspace = (select holdfast.tenant_id())
    and note.owner = (select holdfast.account_id())
  );

drop policy if exists note_update on app.note;

create policy note_update on app.note for update to :runtime
  using (
    (select holdfast.account_id()) is not null
    and (
      (select holdfast.scope()) = 'all'
      or (
        note.workspace = (select holdfast.tenant_id())
        and (
          (select holdfast.scope()) = 'tenant'
          or note.owner = (select holdfast.account_id())
          or exists (select from app.note_share where note_share.note = note.id and note_share.grantee = (select holdfast.account_id()) and note_share.access = 'write')
        )
      )
    )
  )
  with check (
    (select holdfast.account_id()) is not null
    and (
      (select holdfast.scope()) = 'all'
      or (
        note.workspace = (select holdfast.tenant_id())
        and (
          (select holdfast.scope()) = 'tenant'
          or note.owner = (select holdfast.account_id())
          or exists (select from app.note_share where note_share.note = note.id and note_share.grantee = (select holdfast.account_id()) and note_share.access = 'write')
        )
      )
    )
  );

drop policy if exists note_delete on app.note;

create policy note_delete on app.note for delete to :runtime
  using (
    (select holdfast.account_id()) is not null
    and (
      (select holdfast.scope()) = 'all'
      or (
        note.workspace = (select holdfast.tenant_id())
        and (
          (select holdfast.scope()) = 'tenant'
          or note.owner = (select holdfast.account_id())
        )
      )
    )
  );

revoke all on app.note from public, :runtime, :accounts, :readonly, :backup, :auditor;

grant select on app.note to :runtime, :readonly;

grant insert (id, workspace, owner, title, body, secret, updated_at) on app.note to :runtime;

grant update (title, body, secret, updated_at) on app.note to :runtime;

grant delete on app.note to :runtime;

drop policy if exists note_share_select on app.note_share;

create policy note_share_select on app.note_share for select to :runtime, :readonly
  using (
    (select holdfast.account_id()) is not null
    and (
      (select holdfast.scope()) = 'all'
      or (
        note_share.workspace = (select holdfast.tenant_id())
        and (
          (select holdfast.scope()) = 'tenant'
          or note_share.owner = (select holdfast.account_id())
          or note_share.grantee = (select holdfast.account_id())
        )
      )
    )
  );

drop policy if exists note_share_insert on app.note_share;

create policy note_share_insert on app.note_share for insert to :runtime
  with check (
    (select holdfast.account_id()) is not null
    and note_share.workspace = (select holdfast.tenant_id())
    and note_share.owner = (select holdfast.account_id())
  );

drop policy if exists note_share_update on app.note_share;

create policy note_share_update on app.note_share for update to :runtime
  using (
    (select holdfast.account_id()) is not null
    and (
      (select holdfast.scope()) = 'all'
      or (
        note_share.workspace = (select holdfast.tenant_id())
        and (
          (select holdfast.scope()) = 'tenant'
          or note_share.owner = (select holdfast.account_id())
        )
      )
    )
  )
  with check (
    (select holdfast.account_id()) is not null
    and (
      (select holdfast.scope()) = 'all'
      or (
        note_share.workspace = (select holdfast.tenant_id())
        and (
          (select holdfast.scope()) = 'tenant'
          or note_share.owner = (select holdfast.account_id())
        )
      )
    )
  );

drop policy if exists note_share_delete on app.note_share;

create policy note_share_delete on app.note_share for delete to :runtime
  using (
    (select holdfast.account_id()) is not null
    and (
      (select holdfast.scope()) = 'all'
      or (
        note_share.workspace = (select holdfast.tenant_id())
        and (
          (select holdfast.scope()) = 'tenant'
          or note_share.owner = (select holdfast.account_id())
        )
      )
    )
  );

revoke all on app.note_share from public, :runtime, :accounts, :readonly, :backup, :auditor;

grant select on app.note_share to :runtime, :readonly;

grant insert (note, owner, workspace, grantee, access) on app.note_share to :runtime;

grant update (access) on app.note_share to :runtime;

grant delete on app.note_share to :runtime;

drop policy if exists note_tag_select on app.note_tag;

create policy note_tag_select on app.note_tag for select to :runtime, :readonly
  using (
    (select holdfast.account_id()) is not null
    and exists (select from app.note where note.id = note_tag.note)
  );

drop policy if exists note_tag_insert on app.note_tag;

create policy note_tag_insert on app.note_tag for insert to :runtime
  with check (
    (select holdfast.account_id()) is not null
    and exists (select from app.note where note.id = note_tag.note
        and (select holdfast.account_id()) is not null
        and (
          (select holdfast.scope()) = 'all'
          or (
            note.workspace = (select holdfast.tenant_id())
            and (
              (select holdfast.scope()) = 'tenant'
              or note.owner = (select holdfast.account_id())
              or exists (select from app.note_share where note_share.note = note.id and note_share.grantee = (select holdfast.account_id()) and note_share.access = 'write')
            )
          )
        )
      )
  );

drop policy if exists note_tag_delete on app.note_tag;

create policy note_tag_delete on app.note_tag for delete to :runtime
  using (
    (select holdfast.account_id()) is not null
    and exists (select from app.note where note.id = note_tag.note
        and (select holdfast.account_id()) is not null
        and (
          (select holdfast.scope()) = 'all'
          or (
            note.workspace = (select holdfast.tenant_id())
            and (
              (select holdfast.scope()) = 'tenant'
              or note.owner = (select holdfast.account_id())
              or exists (select from app.note_share where note_share.note = note.id and note_share.grantee = (select holdfast.account_id()) and note_share.access = 'write')
            )
          )
        )
      )
  );

revoke all on app.note_tag from public, :runtime, :accounts, :readonly, :backup, :auditor;

grant select on app.note_tag to :runtime, :readonly;

grant insert (note, tag) on app.note_tag to :runtime;

grant delete on app.note_tag to :runtime;
