/** Uses the colour scheme of the system. Colours only repeat the word in a badge, for readers who cannot see them. */
export const STYLE = `
:root { color-scheme: light dark; --text: #1b1f24; --back: #fff; --line: #d0d7de; --soft: #f6f8fa; --calm: #59636e;
  --bad: #a40e26; --warn: #7d4e00; --mild: #0550ae; --good: #116329; }
@media (prefers-color-scheme: dark) { :root { --text: #e6edf3; --back: #0d1117; --line: #3d444d; --soft: #161b22; --calm: #9198a1;
  --bad: #ff8182; --warn: #eac54f; --mild: #79c0ff; --good: #7ee787; } }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; color: var(--text); background: var(--back); }
main { max-width: 80rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; } h3 { font-size: .9rem; margin: 0; color: var(--calm); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { border: 1px solid var(--line); padding: .4rem .6rem; text-align: left; vertical-align: top; }
.platform { display: flex; flex-wrap: wrap; gap: .5rem; padding: 0; list-style: none; }
.platform li { flex: 1 1 8rem; border: 1px solid var(--line); border-radius: .4rem; padding: .5rem; display: grid; gap: .2rem; align-content: start; }
.platform .changed { border-width: 2px; border-color: var(--text); background: var(--soft); }
.calm { color: var(--calm); }
.filters { display: flex; flex-wrap: wrap; gap: 1rem; }
fieldset { border: 1px solid var(--line); border-radius: .4rem; display: flex; flex-wrap: wrap; gap: .2rem 1rem; min-width: 0; }
.cause { border-left: 4px solid var(--line); margin: .8rem 0; padding: .2rem .8rem; }
.cause > summary { cursor: pointer; overflow-wrap: anywhere; }
.silent { overflow-wrap: anywhere; }
.change { border: 1px solid var(--line); border-radius: .4rem; margin: .4rem 0; padding: .4rem .6rem; }
.change summary { cursor: pointer; overflow-wrap: anywhere; }
.badge { display: inline-block; border: 1px solid currentColor; border-radius: 1rem; padding: 0 .6rem; font-size: .85rem; font-weight: 600; color: var(--calm); }
.data-at-risk, .data-deleted-sooner { color: var(--bad); }
.exposure, .rights, .recreated { color: var(--warn); }
.version, .capacity, .rolling-restart { color: var(--mild); }
.applied-in-place { color: var(--good); }
.sides { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr)); gap: .6rem; }
.sides > div { min-width: 0; }
pre { overflow: auto; max-height: 30rem; background: var(--soft); border: 1px solid var(--line); border-radius: .4rem; padding: .6rem; margin: .2rem 0; }
:focus-visible { outline: 3px solid var(--mild); outline-offset: 2px; }
`;

/** Shows the changes with both a selected consequence and a selected environment. Without scripts all are shown. */
export const FILTER_SCRIPT = `
const boxes = [...document.querySelectorAll('[data-filter]')];
const changes = [...document.querySelectorAll('.change')];
const causes = [...document.querySelectorAll('.cause')];
function apply() {
  const chosen = (group) => new Set(boxes.filter((box) => box.dataset.filter === group && box.checked).map((box) => box.value));
  const [consequences, environments] = [chosen('consequence'), chosen('environment')];
  for (const change of changes) {
    const { consequence, environments: own } = change.dataset;
    change.hidden = !(consequences.has(consequence) && own.split(' ').some((name) => environments.has(name)));
  }
  for (const cause of causes) cause.hidden = !cause.querySelector('.change:not([hidden])');
  const shown = changes.filter((change) => !change.hidden).length;
  document.getElementById('shown').textContent = shown + ' of ' + changes.length + ' changes';
}
for (const box of boxes) box.addEventListener('change', apply);
apply();
`;
