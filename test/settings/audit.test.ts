import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { formFound, newCanary, openRoom } from '../host/support.js';
import { addConnections, ask } from './access-support.js';
import { assertNowhere, comeBack, focused, Setting, SharedBrowser, shownOn, type Window } from './support.js';

const shared = new SharedBrowser();

async function openAudit(setting: Setting): Promise<Window> {
  const window = await setting.open();
  await window.page.getByRole('button', { name: 'Audit', exact: true }).click();
  await window.page.locator(shownOn('strongroom-audit-page')).first().waitFor();
  return window;
}

test('what was done to a secret stands in the log, with who, what, why and how it ended', async (t) => {
  const setting = await Setting.make(t, shared);
  const canary = newCanary();
  const { id } = await setting.room.secrets.create({ name: 'Deploy key', kind: 'custom', value: canary });
  await setting.room.secrets.use(id, { reason: 'Deploy to production' }, () => undefined);
  const window = await openAudit(setting);
  const { page } = window;
  assert.equal(await focused(page), 'Audit');
  const used = page.getByRole('row', { name: /Use value/ });
  const cells = (await used.locator('td').allInnerTexts()).map((text) => text.replace(/\s+/g, ' ').trim());
  assert.deepEqual(cells.slice(1), ['Use value', 'Deploy key', 'Application', 'Allowed', 'Deploy to production']);
  const newest = page.locator('tr.row').first();
  assert.match(await newest.innerText(), /Use value/, 'the newest entry stands first');
  assert.equal(await page.getByRole('row', { name: /Create secret/ }).count(), 1);

  await used.getByRole('button', { name: /Details of entry/ }).click();
  const [entry] = (await setting.room.audit.list({ action: 'secret.use' })).items;
  const facts = page.locator('dl.facts');
  for (const fact of [id, entry?.hash ?? '?', entry?.prevHash ?? '?', 'secret.use', String(entry?.seq)]) {
    await facts.getByText(fact, { exact: true }).waitFor();
  }
  await assertNowhere(window, canary);
  await setting.finish(window);
});

test('filters narrow the log, and a secret leads to its history', async (t) => {
  const setting = await Setting.make(t, shared);
  const [one, other] = await Promise.all(
    ['One', 'Other'].map((name) => setting.room.secrets.create({ name, kind: 'custom', value: newCanary() })),
  );
  await setting.room.secrets.replaceValue(other?.id ?? '', newCanary());
  const window = await setting.open();
  const { page } = window;
  await page.getByRole('button', { name: 'Details of Other' }).click();
  await page.getByRole('button', { name: 'Show in audit log' }).click();
  await page.getByText('2 entries shown').waitFor();
  const actions = (): Promise<string[]> => page.locator('tr.row td:nth-child(2)').allInnerTexts();
  assert.deepEqual(await actions(), ['Replace value', 'Create secret']);

  await page.getByLabel('Action').selectOption('secret.replace');
  await page.getByText('1 entry shown').waitFor();
  assert.deepEqual(await actions(), ['Replace value']);
  await page.getByLabel('Outcome').selectOption('denied');
  await page.getByText('Nothing matches.').waitFor();
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await page.locator('tr.row').first().waitFor();
  const all = (await setting.room.audit.list()).items.length;
  await page.getByText(`${all} entries shown`).waitFor();
  // Asked for once more, the history of the same secret is shown once more.
  await page.getByRole('button', { name: 'Secrets', exact: true }).click();
  await page.getByRole('button', { name: 'Show in audit log' }).click();
  await page.getByText('2 entries shown').waitFor();
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await page.getByText(`${all} entries shown`).waitFor();

  await page.getByLabel('Actor').fill('nobody');
  await page.getByText('Nothing matches.').waitFor();
  await page.getByLabel('Actor').fill('core');
  await page.getByText('entries shown').waitFor();

  const day = (offset: number): string => {
    const date = new Date();
    date.setDate(date.getDate() + offset);
    return `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, '0')}-${String(date.getDate()).padStart(2, '0')}`;
  };
  await page.getByLabel('From').fill(day(1));
  await page.getByText('Nothing matches.').waitFor();
  await page.getByLabel('From').fill(day(-1));
  await page.getByLabel('Until').fill(day(-1));
  await page.getByText('Nothing matches.').waitFor();
  await page.getByLabel('Until').fill(day(1));
  await page.getByText('entries shown').waitFor();
  assert.equal(await page.getByLabel('Until').inputValue(), day(1), 'the day that was chosen is the day that is shown');

  // A secret that is gone still has its history, under its id.
  await setting.room.secrets.delete(one?.id ?? '');
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await page.getByRole('row', { name: /Remove secret/ }).waitFor();
  await setting.finish(window);
});

test('the log is read in pages, and follows what happens meanwhile', async (t) => {
  const setting = await Setting.make(t, shared);
  const { id } = await setting.room.secrets.create({ name: 'Busy', kind: 'custom', value: newCanary() });
  await Promise.all(
    Array.from({ length: 150 }, () => setting.room.secrets.use(id, { reason: 'load' }, () => undefined)),
  );
  const elsewhere = await openRoom(t, setting.dir);
  const window = await openAudit(setting);
  const { page } = window;
  await page.getByText('100 entries shown').waitFor();
  await page.getByRole('button', { name: 'Load more' }).click();
  const all = (await setting.room.audit.list({ limit: 500 })).items.length;
  await page.getByText(`${all} entries shown`).waitFor();
  assert.match(await focused(page), /Details of entry/, 'the focus goes to the first entry that was added');
  assert.equal(await page.getByRole('button', { name: 'Load more' }).count(), 0);
  const seqs = await page
    .locator('tr.row')
    .evaluateAll((rows) => rows.map((row) => Number(row.getAttribute('data-seq'))));
  assert.deepEqual(
    seqs,
    [...seqs].sort((one, other) => other - one),
  );
  assert.equal(new Set(seqs).size, all);

  // Someone who reads further down is not thrown back to the top.
  await setting.room.secrets.update(id, { name: 'Busier' });
  await page.getByRole('button', { name: 'Show new entries' }).click();
  await page.getByRole('row', { name: /Change secret/ }).waitFor();

  // Nor is one who comes back to the window, and is told of new entries only where there are some.
  await page.locator('tr.row button').first().click();
  const lookAgain = async (): Promise<void> => {
    const looked = page.waitForResponse((response) => /audit\.list/.test(response.request().postData() ?? ''));
    await comeBack(page, false);
    await (await looked).finished();
  };
  await lookAgain();
  assert.equal(await page.getByRole('button', { name: 'Show new entries' }).count(), 0);
  await elsewhere.secrets.update(id, { name: 'Busiest' });
  await lookAgain();
  await page.getByRole('button', { name: 'Show new entries' }).waitFor();
  assert.equal(await page.locator('tr.row button[aria-expanded=true]').count(), 1);
  await setting.finish(window);
});

test('the log verifies, and says in plain words where it was tampered with', async (t) => {
  const setting = await Setting.make(t, shared);
  const { id } = await setting.room.secrets.create({ name: 'Kept', kind: 'custom', value: newCanary() });
  for (const reason of ['first', 'second', 'third']) await setting.room.secrets.use(id, { reason }, () => undefined);
  const window = await openAudit(setting);
  const { page } = window;
  const verdict = page.locator('[data-verdict]');
  await page.getByRole('button', { name: 'Verify log' }).click();
  await verdict.waitFor();
  const { entries, sealedThrough } = await setting.room.audit.verify();
  assert.equal(await verdict.getAttribute('data-verdict'), 'ok');
  assert.match(
    await verdict.innerText(),
    new RegExp(`The log is intact: all ${entries} entries are as they were written\\.`),
  );
  assert.match(await verdict.innerText(), new RegExp(`The seal covers everything up to entry ${sealedThrough}\\.`));
  await page.getByRole('button', { name: 'Dismiss the verdict' }).click();

  const [second] = (await setting.room.audit.list({ action: 'secret.use' })).items.filter(
    ({ reason }) => reason === 'second',
  );
  execFileSync('sqlite3', [
    join(setting.dir, 'strongroom.db'),
    `UPDATE audit SET reason = 'forged' WHERE seq = ${second?.seq}`,
  ]);
  await page.getByRole('button', { name: 'Verify log' }).click();
  await page.locator('[data-verdict=bad]').waitFor();
  assert.match(await verdict.innerText(), /The log has been changed\./);
  assert.match(
    await verdict.innerText(),
    new RegExp(`Entry ${second?.seq} does not say what it said when it was written\\.`),
  );
  await setting.finish(window);
});

test('what was done with a connection is told by its name and field', async (t) => {
  const setting = await Setting.make(t, shared);
  const { connections } = await addConnections(setting, 'Work account');
  const window = await setting.open({}, shownOn('strongroom-audit-page'), 'audit');
  const { page } = window;
  const outcome = ask(setting, connections[0], 'octo.notes', 'Sync your notes');
  await page.getByRole('dialog', { name: 'Allow access?' }).getByRole('button', { name: 'Deny', exact: true }).click();
  assert.equal(await outcome, 'CONSENT_DENIED');
  const asked = page.getByRole('row', { name: /Request access/ });
  await asked.waitFor();
  const cells = (await asked.locator('td').allInnerTexts()).map((text) => text.replace(/\s+/g, ' ').trim());
  assert.deepEqual(cells.slice(1), [
    'Request access',
    'Work account · Access token',
    'Extension · octo.notes',
    'Denied CONSENT_DENIED',
    'Sync your notes',
  ]);
  await page.getByLabel('Target').selectOption({ label: 'Work account' });
  await page.getByRole('row', { name: /Create connection/ }).waitFor();
  await page.getByLabel('Outcome').selectOption('denied');
  const denied = (await setting.room.audit.list({ outcome: 'denied' })).items.length;
  await page.getByText(denied === 1 ? '1 entry shown' : `${denied} entries shown`).waitFor();
  await setting.finish(window);
});

test('words of others are shown with nothing hidden in them', async (t) => {
  const setting = await Setting.make(t, shared);
  const { id } = await setting.room.secrets.create({ name: 'Used', kind: 'custom', value: newCanary() });
  await setting.room.secrets.use(id, { reason: 'Safe\u202e txt\u200b.exe' }, () => undefined);
  const window = await openAudit(setting);
  const { page } = window;
  await page.getByRole('cell', { name: 'Safe\ufffd txt\ufffd.exe' }).waitFor();
  await page
    .getByRole('button', { name: /Details of entry/ })
    .first()
    .click();
  await page.locator('dl.facts').getByText('Safe\ufffd txt\ufffd.exe').waitFor();
  await setting.finish(window);
});

test('the chart counts the days, makes denials stand out, is a table too, and leads to the entries of a day', async (t) => {
  const setting = await Setting.make(t, shared);
  const { id } = await setting.room.secrets.create({ name: 'Counted', kind: 'custom', value: newCanary() });
  for (let times = 0; times < 5; times += 1) await setting.room.secrets.use(id, { reason: 'count' }, () => undefined);
  const denied = await setting.room.dispatch({ role: 'settings', principalId: 'settings' }, 'secrets.replaceValue', {
    id: `sec_${'0'.repeat(26)}`,
    value: newCanary(),
  });
  assert.equal(denied.ok, false);
  const day = new Date().toISOString().slice(0, 10);
  const window = await openAudit(setting);
  const { page } = window;
  const all = (await setting.room.audit.list({ limit: 500 })).items;
  const count = (outcome: string): number => all.filter((entry) => entry.outcome === outcome).length;
  const chart = page.getByRole('figure', { name: 'Accesses per day' });
  await chart
    .getByText(
      `The last 30 days, in UTC: ${count('allowed')} allowed, ${count('denied')} denied, ${count('failed')} failed.`,
    )
    .waitFor();
  for (const outcome of ['allowed', 'denied', 'failed']) {
    const bars = chart.locator(`rect.${outcome}`);
    assert.equal(await bars.count(), count(outcome) > 0 ? 1 : 0, outcome);
    if (count(outcome) > 0) assert.ok(((await bars.boundingBox())?.height ?? 0) >= 3, outcome);
  }

  await chart.getByRole('button', { name: 'Show as table' }).click();
  const row = chart.getByRole('row').nth(1);
  assert.deepEqual(await row.locator('td').allInnerTexts(), [
    String(count('allowed')),
    String(count('failed')),
    String(count('denied')),
  ]);
  await row.getByRole('button', { name: /^Show the entries of / }).click();
  await page.getByText(`${all.length} entries shown`).waitFor();
  assert.equal(await page.getByLabel('From').inputValue(), day);
  assert.equal(await page.getByLabel('Until').inputValue(), day);
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await chart.getByRole('button', { name: 'Show as chart' }).click();
  await chart.locator('svg.bars').waitFor();
  await setting.finish(window);
});

for (const [format, label] of [
  ['csv', 'CSV, for spreadsheets'],
  ['jsonl', 'JSON Lines, for programs'],
] as const) {
  test(`the whole log is saved as a file: ${format}`, async (t) => {
    const setting = await Setting.make(t, shared);
    const canary = newCanary();
    const { id } = await setting.room.secrets.create({ name: 'Exported', kind: 'custom', value: canary });
    await Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        setting.room.secrets.use(id, { reason: `=use ${index}, “quoted”` }, () => undefined),
      ),
    );
    const window = await openAudit(setting);
    const { page } = window;
    await page.getByRole('button', { name: 'Export' }).click();
    const dialog = page.getByRole('dialog', { name: 'Export the audit log' });
    await dialog.getByLabel(label).check();
    const download = page.waitForEvent('download');
    await dialog.getByRole('button', { name: 'Export' }).click();
    const file = await download;
    const name = `strongroom-audit-${new Date().toISOString().slice(0, 10)}.${format}`;
    assert.equal(file.suggestedFilename(), name);
    await page.getByText(`The log was exported as ${name}.`).waitFor();
    let expected = '';
    for await (const piece of setting.room.audit.export({ format })) expected += piece;
    const saved = await readFile(await file.path(), 'utf8');
    assert.equal(saved, expected);
    assert.ok(saved.split('\n').length > 60);
    assert.equal(formFound(saved, canary), undefined);
    assert.equal(await focused(page), 'Export');
    await setting.finish(window);
  });
}

test('a long verification says how far it has come', async (t) => {
  const setting = await Setting.make(t, shared);
  const { id } = await setting.room.secrets.create({ name: 'Long', kind: 'custom', value: newCanary() });
  // As many as the core checks before it says so for the second time.
  for (let round = 0; round < 9; round += 1) {
    await Promise.all(
      Array.from({ length: 1000 }, () => setting.room.secrets.use(id, { reason: 'fill' }, () => undefined)),
    );
  }
  const window = await openAudit(setting);
  const { page } = window;
  // What the page shows meanwhile may be gone before anyone looks: it is written down as it happens.
  await page.evaluate(() => {
    const root = document
      .querySelector('strongroom-settings')
      ?.shadowRoot?.querySelector('strongroom-audit-page')?.shadowRoot;
    const seen: string[] = [];
    Object.assign(window, { seen });
    new MutationObserver(() => {
      const text = root?.querySelector('.verdict p')?.textContent ?? '';
      const bar = root?.querySelector('.verdict progress');
      if (text !== '' && seen.at(-1) !== text)
        seen.push(text, `${bar?.getAttribute('value')} ${bar?.getAttribute('max')}`);
    }).observe(root as ShadowRoot, { subtree: true, childList: true, characterData: true, attributes: true });
  });
  await page.getByRole('button', { name: 'Verify log' }).click();
  await page.locator('[data-verdict=ok]').waitFor();
  const { entries } = await setting.room.audit.verify();
  const seen = await page.evaluate(() => (window as unknown as { seen: string[] }).seen);
  const total = new Intl.NumberFormat('en-GB').format(entries);
  assert.ok(seen.includes(`4,096 of ${total} entries checked`), seen.join('\n'));
  assert.ok(seen.includes(`4096 ${entries}`), seen.join('\n'));
  await setting.finish(window);
});
