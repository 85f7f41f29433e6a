// How the search ranks what it found. As Sphinx ships it, but where a symbol or a term is explained comes before
// where it is only used: two pages answer "what is it?".
var Scorer = {
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
  score: ([page, , , , score]) => score + (["book/notation", "book/glossary"].includes(page) ? 6 : 0),
};
